package dev.sparkling.cli;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;
import java.util.stream.Collectors;
import org.assertj.core.api.Assertions;

/** When this fails: move the code to the package that may do what it does. */
@AnalyzeClasses(
    packages = {"dev.sparkling.cli", "dev.sparkling.worker"},
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final int MAX_CLASSES = 25;

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.sparkling.cli.(*)..").should().beFreeOfCycles();

  @ArchTest
  static void packagesStaySmall(JavaClasses classes) {
    Map<String, Long> sizes =
        classes.stream()
            .filter(JavaClass::isTopLevelClass)
            .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));
    Assertions.assertThat(sizes.entrySet())
        .isNotEmpty()
        .allSatisfy(
            size ->
                Assertions.assertThat(size.getValue())
                    .as("classes of %s", size.getKey())
                    .isLessThanOrEqualTo(MAX_CLASSES));
  }

  @ArchTest
  static final ArchRule onlyTheClusterPackageKnowsKubernetes =
      noClasses()
          .that()
          .resideOutsideOfPackage("..cli.cluster..")
          .should()
          .dependOnClassesThat(resideInAnyPackage("io.fabric8.."));

  @ArchTest
  static final ArchRule theClusterPackageKnowsNoCommandAndNoTensor =
      noClasses()
          .that()
          .resideInAPackage("..cli.cluster..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "dev.sparkling.cli",
                  "dev.sparkling.cli.watch..",
                  "dev.sparkling.worker..",
                  "dev.sparkling.checkpoint..",
                  "dev.sparkling.trainer..",
                  "picocli.."));
}
