/** What is wrong with JSON that somebody else wrote, in words for users. Uses nothing of ours. */
@NullMarked
package dev.sparkling.checkpoint.json;

import org.jspecify.annotations.NullMarked;
