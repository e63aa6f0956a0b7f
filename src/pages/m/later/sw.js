// Opens /m/ where there is no network. VERSION and FILES stand before this text: the server
// writes them (src/pages/mod.rs).
//
// The network is asked first, so that nobody keeps an old page while there is a new one; what
// is kept is all of one version. `/api` is not its matter: api.js keeps what is worth it.

const KEPT = `shangxue-m-${VERSION}`;

self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const kept = await caches.open(KEPT);
    // What the browser has is asked for again, and costs nothing where it is the same.
    await kept.addAll(FILES.map((file) => new Request(file, { cache: 'no-cache' })));
    await self.skipWaiting();
  })());
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith('shangxue-m-') && name !== KEPT).map((name) => caches.delete(name)));
  })());
});

self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== self.location.origin || !FILES.includes(pathname)) return;
  event.respondWith(fetch(event.request).catch(async (error) => {
    const kept = await (await caches.open(KEPT)).match(pathname);
    if (kept) return kept;
    throw error;
  }));
});
