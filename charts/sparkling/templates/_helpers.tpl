{{- define "sparkling.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- /* A release named after the chart, or after the operator, gives the short names that the documentation uses. */ -}}
{{- define "sparkling.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "sparkling.name" . -}}
{{- $release := trimSuffix "-operator" .Release.Name -}}
{{- if contains $name $release -}}
{{- $release | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" $release $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sparkling.operatorName" -}}
{{- include "sparkling.fullname" . }}-operator
{{- end -}}

{{- /* Cluster-scoped names include the namespace, so that releases in different namespaces do not conflict. */ -}}
{{- define "sparkling.clusterName" -}}
{{- printf "%s-%s" (include "sparkling.operatorName" .) .Release.Namespace -}}
{{- end -}}

{{- define "sparkling.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "sparkling.operatorName" .) -}}
{{- end -}}

{{- define "sparkling.ownLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ include "sparkling.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: sparkling
{{- end -}}

{{- define "sparkling.labels" -}}
{{ include "sparkling.ownLabels" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "sparkling.operatorSelector" -}}
app.kubernetes.io/name: {{ include "sparkling.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "sparkling.testSelector" -}}
app.kubernetes.io/name: {{ include "sparkling.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
{{- end -}}

{{- /* Labels that the operator sets on every worker pod. */ -}}
{{- define "sparkling.workerSelector" -}}
matchLabels:
  app.kubernetes.io/part-of: sparkling
  app.kubernetes.io/managed-by: sparkling-operator
matchExpressions:
  - {key: sparkling.dev/work, operator: Exists}
{{- end -}}

{{- /* sparkling.image (list $ IMAGE): reference of an image, with its digest or else its tag. */ -}}
{{- define "sparkling.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- with $root.Values.global.imageRegistry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end -}}
{{- end -}}

{{- define "sparkling.readyUrl" -}}
http://{{ include "sparkling.operatorName" . }}.{{ .Release.Namespace }}.svc:{{ .Values.service.port }}/q/health/ready
{{- end -}}

{{- /* Namespaces in which the workers' network policy is created, as a JSON object with the key "names". */ -}}
{{- define "sparkling.workerNamespaces" -}}
{{- $names := .Values.networkPolicy.workers.namespaces | default .Values.watchNamespaces | default (list .Release.Namespace) -}}
{{- dict "names" ($names | uniq) | toJson -}}
{{- end -}}

{{- /* PromQL label matchers of trainers in the watched namespaces; empty if all are watched. */ -}}
{{- define "sparkling.trainerMatchers" -}}
{{- with .Values.watchNamespaces }}{namespace=~"{{ join "|" . }}"}{{ end -}}
{{- end -}}

{{- /* Rules that the schema cannot express. Reports all problems at once, each with what is allowed. */ -}}
{{- define "sparkling.validate" -}}
{{- $problems := list -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.leaderElection.enabled) -}}
{{- $problems = append $problems (printf "replicas: %d operators without leaderElection.enabled would all act on the same runs; use 1, or enable leader election" (int .Values.replicas)) -}}
{{- end -}}
{{- if and (not .Values.leaderElection.enabled) (eq (dig "type" "Recreate" .Values.strategy) "RollingUpdate") -}}
{{- $problems = append $problems "strategy.type: RollingUpdate without leaderElection.enabled runs two operators at the same time; use Recreate, or enable leader election" -}}
{{- end -}}
{{- if and (not .Values.serviceAccount.create) (not .Values.serviceAccount.name) -}}
{{- $problems = append $problems "serviceAccount.name: empty while serviceAccount.create is false; name an existing service account" -}}
{{- end -}}
{{- with .Values.podDisruptionBudget -}}
{{- if and .enabled (not (kindIs "invalid" .minAvailable)) (not (kindIs "invalid" .maxUnavailable)) -}}
{{- $problems = append $problems (printf "podDisruptionBudget: minAvailable %v and maxUnavailable %v exclude each other; set one of them" .minAvailable .maxUnavailable) -}}
{{- end -}}
{{- if and .enabled (or (kindIs "float64" .minAvailable) (kindIs "int64" .minAvailable)) -}}
{{- if and (gt (int $.Values.replicas) 1) (ge (int .minAvailable) (int $.Values.replicas)) -}}
{{- $problems = append $problems (printf "podDisruptionBudget.minAvailable: %d of %d replicas would block every drain; use at most %d" (int .minAvailable) (int $.Values.replicas) (sub (int $.Values.replicas) 1)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $own := concat (list "app.kubernetes.io/component") (include "sparkling.ownLabels" . | fromYaml | keys | sortAlpha) -}}
{{- range $field := list "commonLabels" "podLabels" -}}
{{- range $key := index $.Values $field | keys | sortAlpha -}}
{{- if has $key $own -}}
{{- $problems = append $problems (printf "%s: %s is set by the chart itself; use another key" $field $key) -}}
{{- else if hasPrefix "sparkling.dev/" $key -}}
{{- $problems = append $problems (printf "%s: %s is reserved for objects of runs; use a key that does not begin with sparkling.dev/" $field $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with $problems -}}
{{- fail (printf "\n\nThe values have problems:\n  - %s\n" (join "\n  - " .)) -}}
{{- end -}}
{{- end -}}
