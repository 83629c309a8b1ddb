/**
 * Namespace, pod and container as Kubernetes names the files of its containers (`/var/log/pods/NAMESPACE_POD_UID/CONTAINER/0.log`,
 * `/var/log/containers/POD_NAMESPACE_CONTAINER-ID.log`), and Docker's id of one.
 */
export function originOfPath(path: string): { container?: string; pod?: string; namespace?: string } {
  const kubernetes =
    /\/pods\/(?<namespace>[^/_]+)_(?<pod>[^/_]+)_[^/]+\/(?<container>[^/]+)\/[^/]+$/.exec(path) ??
    /\/containers\/(?<pod>[^/_]+)_(?<namespace>[^/_]+)_(?<container>[^/_]+)-[0-9a-f]{64}\.log/.exec(path);
  if (kubernetes?.groups) {
    const { container, pod, namespace } = kubernetes.groups;
    return { container: container!, pod: pod!, namespace: namespace! };
  }
  const loose =
    /\/pods\/[^/]+\/(?<container>[^/]+)\/[^/]+$/.exec(path) ??
    /\/containers\/(?<container>[0-9a-f]{12,64})\//.exec(path);
  return loose?.groups ? { container: loose.groups.container! } : {};
}
