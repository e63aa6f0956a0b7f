// Keeps the roll page, whole and of one version, where there is no network. VERSION and FILES
// stand before this text: the server writes them (src/pages/mod.rs).
//
// What is asked of `/api` goes to the network alone: what is kept of that is the page's to know.

const KEPT = `shangxue-roll-${VERSION}`;

self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const kept = await caches.open(KEPT);
    await kept.addAll(FILES.map((file) => new Request(file, { cache: 'reload' })));
    await self.skipWaiting();
  })());
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith('shangxue-roll-') && name !== KEPT).map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== self.location.origin || !FILES.includes(pathname)) return;
  event.respondWith((async () => {
    const kept = await (await caches.open(KEPT)).match(pathname);
    return kept ?? fetch(event.request);
  })());
});
