import { register } from 'node:module';

/**
 * tfjs-core registers its gradients in a module whose imports lack extensions, which Node's loader refuses. A
 * user of these losses gets the gradients from `@fgam/compile` or a whole tfjs package; this package's tests
 * help the loader instead.
 */
const hooks = `
  export async function resolve(specifier, context, next) {
    const inside = context.parentURL?.includes('/@tensorflow/tfjs-core/dist/') && specifier.startsWith('.');
    return next(inside && !specifier.endsWith('.js') ? specifier + '.js' : specifier, context);
  }
  export async function load(url, context, next) {
    const inside = url.includes('/@tensorflow/tfjs-core/dist/') && !url.includes('tf-core.node');
    return next(url, inside ? { ...context, format: 'module' } : context);
  }`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
const gradients = '@tensorflow/tfjs-core/dist/register_all_gradients.js';
await import(gradients);
