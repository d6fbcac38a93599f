/** The id of the model that comes with the installation. */
export const BUILT_IN_MODEL = 'sam2-tiny-embedded';
