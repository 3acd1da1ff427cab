/** What one policy document, and all of them together, may be at most. Every message that refuses one names its limit. */

/** Octets of one document: 1 MiB. */
export const MAX_DOCUMENT_BYTES = 1_048_576

/** Policy documents and master files together: thousands of zones fit into one node. */
export const MAX_DOCUMENTS = 20_000

/** Octets of a master file, and of a zone's master file with all that it includes: 32 MiB. */
export const MAX_MASTER_FILE_BYTES = 33_554_432

/** Octets of all documents and master files together: 64 MiB. The history keeps each revision whole. */
export const MAX_TOTAL_BYTES = 67_108_864

/** Records of a zone's master file. */
export const MAX_ZONE_RECORDS = 2_000_000

/** Records of one `$GENERATE`. */
export const MAX_GENERATED = 65_536

/** Mappings and lists inside one another; the deepest form of the language needs about twelve. */
export const MAX_DEPTH = 32

/** Values of one document with every alias written out: what makes a YAML bomb ("billion laughs") harmless. */
export const MAX_NODES = 200_000

/** Problems shown of one document; the rest is counted. */
export const MAX_PROBLEMS = 100

export const MAX_ENDPOINTS = 1_000

export const MAX_STEPS = 64

export const MAX_CHECKS = 64

/** Characters of a regular expression that a body must match. */
export const MAX_PATTERN_LENGTH = 500

/** Headers that one check sends. */
export const MAX_CHECK_HEADERS = 32

/** Metrics that one check reads. */
export const MAX_CHECK_METRICS = 16

/** A command and its arguments. */
export const MAX_COMMAND_WORDS = 64

/** Conditions inside `any`, `all` and `not` count one each. */
export const MAX_CONDITIONS = 256

/** RFC 2181 §8: "a TTL value is an unsigned number, with a minimum value of 0, and a maximum value of 2147483647". */
export const MAX_TTL_SECONDS = 2_147_483_647

/** RFC 1035 §2.3.4: names 255 octets or less, in wire form (each label has a length octet, the root is one octet). */
export const MAX_NAME_OCTETS = 255

/** RFC 1035 §2.3.4: labels 63 octets or less. */
export const MAX_LABEL_OCTETS = 63

/** RFC 1035 §3.3: a character string is a length octet and that many octets. */
export const MAX_CHARACTER_STRING_OCTETS = 255

/** Characters of an id: endpoint, site, check, tag, tenant, service. */
export const MAX_ID_LENGTH = 63

/** Route 53 geoproximity bias: −99…99. */
export const MAX_BIAS = 99

export const MAX_WEIGHT = 65_535
