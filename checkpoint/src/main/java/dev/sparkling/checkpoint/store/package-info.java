/**
 * Objects under keys, in a folder or in S3, with one contract. Owns retries, multipart uploads and
 * the translation of storage errors into the project's error classes.
 */
@NullMarked
package dev.sparkling.checkpoint.store;

import org.jspecify.annotations.NullMarked;
