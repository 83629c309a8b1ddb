/** Of the position protocol (protocol.ts). Apart from it: a collector speaks the protocol without the library that checks it. */
export const WIRE_VERSION = 1;

export const FRAME_CONTENT_TYPE = 'application/vnd.deadair.ranges.v1';
