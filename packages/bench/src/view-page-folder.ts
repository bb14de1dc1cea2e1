/** The scripts of the viewer's page; sources and the built file are both one folder below the package's. */
export const VIEW_PAGE_FOLDER = new URL('../view-page/', import.meta.url);
