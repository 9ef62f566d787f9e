/**
 * The safetensors file format. Headers are checked completely before any tensor is read.
 * Specification: the README of huggingface/safetensors.
 */
@NullMarked
package dev.sparkling.checkpoint.safetensors;

import org.jspecify.annotations.NullMarked;
