package dev.sparkling.cli;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** When this fails: move the code to the package that may do what it does. */
@AnalyzeClasses(
    packages = "dev.sparkling.cli",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

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
                  "dev.sparkling.checkpoint..",
                  "dev.sparkling.trainer..",
                  "picocli.."));
}
