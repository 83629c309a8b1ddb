// The service serves node_modules/uplot at this address; the types are the package's own.
export { default } from 'uplot';
