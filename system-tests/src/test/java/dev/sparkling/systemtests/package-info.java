/**
 * Black-box tests on a real cluster: the chart, kubectl, the images and MinIO, as users have them.
 */
@NullMarked
package dev.sparkling.systemtests;

import org.jspecify.annotations.NullMarked;
