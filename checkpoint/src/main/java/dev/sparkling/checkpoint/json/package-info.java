/** Descriptions of JSON errors for users. Uses no other package of the project. */
@NullMarked
package dev.sparkling.checkpoint.json;

import org.jspecify.annotations.NullMarked;
