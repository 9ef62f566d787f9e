/**
 * The safetensors file format: the header is read and written, and checked in full, before any
 * tensor is touched. Specification: the README of huggingface/safetensors.
 */
@NullMarked
package dev.sparkling.checkpoint.safetensors;

import org.jspecify.annotations.NullMarked;
