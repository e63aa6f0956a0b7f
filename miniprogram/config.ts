// What differs from centre to centre. Nothing else has to be changed.

/** Where the service answers: its `server.public_url`, with no slash at the end. */
export const SERVICE = 'https://shangxue.example.cn';

/** Shown while the service could never yet be asked for its number; empty: none. */
export const PHONE = '';
