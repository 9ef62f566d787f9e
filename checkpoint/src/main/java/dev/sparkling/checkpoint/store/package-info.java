/**
 * Object stores in a folder and in S3, with the same contract. Owns retries, multipart uploads and
 * the translation of storage errors into the project's error classes.
 */
@NullMarked
package dev.sparkling.checkpoint.store;

import org.jspecify.annotations.NullMarked;
