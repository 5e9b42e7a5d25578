using TraversalLearning.Models.Layers;

namespace TraversalLearning.Nodes;

/// <summary>The models that a round of gossip begins with, as far as they are sent.</summary>
/// <param name="Neighbors">The neighbours' models, in the order of the request; <see langword="null"/> where none have been sent yet.</param>
/// <param name="Own">The node's own model; <see langword="null"/> if it is said to hold it.</param>
internal readonly record struct GossipModels((HostTensor Parameters, HostTensor? Buffers)? Neighbors, (HostTensor Parameters, HostTensor? Buffers)? Own);
