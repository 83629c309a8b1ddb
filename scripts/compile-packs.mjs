// Part of the build: works out what is known of the built-in rule packs (dist/src/detect/packs.json), so that processes
// which need them start at once.
import { compileBuiltInPacks } from '../dist/src/detect/load.js';

compileBuiltInPacks();
