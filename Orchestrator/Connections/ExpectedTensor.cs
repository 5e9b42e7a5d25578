using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>A tensor that a reply must contain, and its destination.</summary>
/// <param name="Name">Its role.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its exact dimensions.</param>
/// <param name="Destination">Memory of exactly its length, written to until the request completes or the link is
/// disposed.</param>
internal readonly record struct ExpectedTensor(string Name, ElementType Type, long[] Shape, Memory<byte> Destination);
