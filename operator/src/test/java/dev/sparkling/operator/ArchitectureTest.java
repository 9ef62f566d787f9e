package dev.sparkling.operator;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** When this fails: move the code to the package that may do what it does. */
@AnalyzeClasses(
    packages = "dev.sparkling.operator",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule onlyTheEdgeTalksToTheCluster =
      noClasses()
          .that()
          .resideInAnyPackage("..workload..", "..observe..", "..status..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "io.fabric8.kubernetes.client..",
                  "io.javaoperatorsdk..",
                  "io.micrometer..",
                  "java.net.http..",
                  "org.jboss.logging.."));

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.sparkling.operator.(*)..").should().beFreeOfCycles();
}
