/**
 * The {@code ProgressiveTraining} resource as records: what a user writes, with defaults filled in
 * and nothing checked ({@code validation} checks). The same records bind from a YAML file and in
 * Kubernetes. Uses annotations only: Jackson's, and those from which the CustomResourceDefinition
 * is generated, so that a rule is next to the field that it applies to.
 *
 * <p>An absent key is passed to a compact constructor as null, which replaces it by the default, so
 * an accessor returns null only if it is {@code @Nullable}. A number that has no default is a
 * primitive: absent is 0, which validation reports as missing.
 */
@NullMarked
package dev.sparkling.pipeline.spec;

import org.jspecify.annotations.NullMarked;
