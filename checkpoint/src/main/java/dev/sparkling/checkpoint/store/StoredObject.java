package dev.sparkling.checkpoint.store;

/**
 * One version of an object.
 *
 * @param size in bytes
 * @param version changes whenever the key is written again (S3: the ETag)
 */
public record StoredObject(String key, long size, String version) {}
