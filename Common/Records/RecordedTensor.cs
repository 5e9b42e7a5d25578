using TraversalLearning.Tensors;

namespace TraversalLearning.Records;

/// <summary>A tensor of a message that left.</summary>
/// <param name="Name">Its role, one of <see cref="TensorNames"/>.</param>
/// <param name="Dtype">Element type.</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="Bytes">Bytes on the wire.</param>
public sealed record RecordedTensor(string Name, string Dtype, IReadOnlyList<long> Shape, long Bytes)
{
    /// <summary>The tensor of a descriptor.</summary>
    public static RecordedTensor Of(TensorDescriptor tensor) => new(tensor.Name, WordOf(tensor.Type), tensor.Shape, tensor.WireLength);

    private static string WordOf(ElementType type) => type switch
    {
        ElementType.Float32 => "float32",
        ElementType.Float64 => "float64",
        ElementType.Int32 => "int32",
        ElementType.Int64 => "int64",
        ElementType.UInt8 => "uint8",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not an element type"),
    };
}
