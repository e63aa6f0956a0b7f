// What a scanned code is.

import { ofLink, wanted, type Query } from './address';

/** What the camera gives: `path` is there for a code of this mini-program. */
export interface Scanned {
  result?: string;
  path?: string;
}

/** The page to go to; null: the code is none of ours. */
export function recognise({ result = '', path = '' }: Scanned): string | null {
  if (!path) return ofLink(result.trim());
  const [page, search = ''] = path.replace(/^\//, '').split(/\?(.*)/s);
  return page === 'pages/web/index' ? wanted(queryOf(search)) : null;
}

/** The values as WeChat hands them to a page: still encoded. */
function queryOf(search: string): Query {
  const pairs = search.split('&').map((pair) => pair.split(/=(.*)/s));
  return Object.fromEntries(pairs.map(([name, value]) => [name, value]));
}
