export { createProxy, type RectifyingProxy } from './proxy/create-proxy.js';
export { MOST_ROUNDS, type ProxyOptions, type UpstreamOptions } from './proxy/proxy-options.js';
export { type ServedProxy, serveProxy, type ServeProxyOptions } from './proxy/serve-proxy.js';
