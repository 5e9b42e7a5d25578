using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>A tensor that a reply must carry, and where it goes.</summary>
/// <param name="Name">Its role.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its exact dimensions.</param>
/// <param name="Destination">Memory of exactly its length. It is written to until the request completes or its link has ended.</param>
internal readonly record struct ExpectedTensor(string Name, ElementType Type, long[] Shape, Memory<byte> Destination);
