package dev.sparkling.checkpoint.store;

import java.time.Instant;

/**
 * One version of an object.
 *
 * @param size size in bytes
 * @param version identifier that changes whenever the key is written (S3: the ETag)
 * @param modified time of the write by the store's clock, which may be rounded to a second
 */
public record StoredObject(String key, long size, String version, Instant modified) {}
