namespace TraversalLearning.Tensors;

/// <summary>The element types that travel. The numbers are the protocol's.</summary>
public enum ElementType : byte
{
    /// <summary>IEEE 754 single precision.</summary>
    Float32 = 1,

    /// <summary>IEEE 754 double precision.</summary>
    Float64 = 2,

    /// <summary>Two's complement, 32 bits.</summary>
    Int32 = 3,

    /// <summary>Bytes without a sign.</summary>
    UInt8 = 4,

    /// <summary>Two's complement, 64 bits.</summary>
    Int64 = 5,
}

/// <summary>Facts about an <see cref="ElementType"/>.</summary>
public static class ElementTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.Float32 or ElementType.Int32 => 4,
        ElementType.Float64 or ElementType.Int64 => 8,
        ElementType.UInt8 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not an element type"),
    };
}
