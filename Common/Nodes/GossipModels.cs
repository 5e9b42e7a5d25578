using TraversalLearning.Models.Layers;

namespace TraversalLearning.Nodes;

/// <summary>The models received for a gossip round.</summary>
/// <param name="Neighbors">The neighbours' models, in the order of the request; <see langword="null"/> if none were sent yet.</param>
/// <param name="Own">The node's own model; <see langword="null"/> if the node is expected to hold it.</param>
internal readonly record struct GossipModels((HostTensor Parameters, HostTensor? Buffers)? Neighbors, (HostTensor Parameters, HostTensor? Buffers)? Own);
