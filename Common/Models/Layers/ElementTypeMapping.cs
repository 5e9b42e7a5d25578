using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Layers;

/// <summary>Converts between wire and TorchSharp element types.</summary>
public static class ElementTypeMapping
{
    /// <summary>The TorchSharp type.</summary>
    public static ScalarType ToScalarType(this ElementType type) => type switch
    {
        ElementType.Float32 => ScalarType.Float32,
        ElementType.Float64 => ScalarType.Float64,
        ElementType.Int32 => ScalarType.Int32,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not an element type"),
    };

    /// <summary>The wire type.</summary>
    public static ElementType ToElementType(this ScalarType type) => type switch
    {
        ScalarType.Float32 => ElementType.Float32,
        ScalarType.Float64 => ElementType.Float64,
        ScalarType.Int32 => ElementType.Int32,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "does not travel"),
    };
}
