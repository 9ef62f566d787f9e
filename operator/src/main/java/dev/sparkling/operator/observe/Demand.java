package dev.sparkling.operator.observe;

import java.util.Optional;

/**
 * What the user requests outside of the spec.
 *
 * @param generation generation of the resource; an edit of the spec raises it
 * @param retry value of the annotation that requests a retry, unless already handled
 */
public record Demand(long generation, Optional<String> retry) {}
