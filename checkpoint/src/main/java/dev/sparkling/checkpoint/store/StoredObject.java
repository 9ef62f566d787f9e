package dev.sparkling.checkpoint.store;

import java.time.Instant;

/**
 * One version of an object.
 *
 * @param size in bytes
 * @param version changes whenever the key is written again (S3: the ETag)
 * @param modified when it was written, by the store's clock, with a resolution of at most a second
 */
public record StoredObject(String key, long size, String version, Instant modified) {}
