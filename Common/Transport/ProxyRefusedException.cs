namespace TraversalLearning.Transport;

/// <summary>A proxy refuses to connect, or is none. Unlike an unreachable host, this takes somebody to change a setting.</summary>
public sealed class ProxyRefusedException(string message) : Exception(message);
