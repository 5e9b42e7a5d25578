using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;

namespace TraversalLearning.Nodes.Blind;

/// <summary>
/// The integers in which gradients are added. An integer sum has no order and no rounding: any tree of additions and any
/// mask give the same bits.
/// </summary>
/// <param name="Elements">Element type of the gradients.</param>
/// <param name="Bits">Bits of an integer: 32 or 64.</param>
/// <param name="Nodes">Number of nodes in the run, which bounds the number of terms in a sum.</param>
public sealed record SumFormat(ElementType Elements, int Bits, int Nodes)
{
    /// <summary>The bits that keep what gradients of a type have.</summary>
    public static int DefaultBits(ElementType elements) => elements == ElementType.Float64 ? 64 : 32;

    /// <summary>Element type of the integers on the wire.</summary>
    public ElementType Integers => Bits == 64 ? ElementType.Int64 : ElementType.Int32;

    /// <summary>Bits between the last sum's largest value and what an integer holds: how far a gradient may grow from one step to the next.</summary>
    internal int Headroom => Bits == 64 ? 10 : 6;

    /// <summary>The largest absolute value of one node's integer: a sum of <see cref="Nodes"/> of them does not wrap.</summary>
    internal long Limit => (Bits == 64 ? long.MaxValue : int.MaxValue) / Math.Max(Nodes, 1);

    /// <summary>
    /// How large the largest sum of a tensor must be, as a power of two, so that rounding is below the bound on equality with
    /// centralized training: each node rounds by half a unit at most, and N roundings add up like √N.
    /// </summary>
    internal int LeastBits => (Bits == 64 ? 43 : 18) + ((System.Numerics.BitOperations.Log2((uint)Math.Max(Nodes, 1)) + 1) / 2);

    /// <summary>The finest unit is 2 to the power of minus this: the smallest normal number of the type, with room for a factor.</summary>
    internal int FinestShift => Elements == ElementType.Float64 ? 960 : 120;

    /// <summary>Rejects a combination that loses digits.</summary>
    /// <exception cref="ModelException">The combination is not supported.</exception>
    public SumFormat Validated() => (Elements, Bits) is (ElementType.Float32, 32 or 64) or (ElementType.Float64, 64) && Nodes is >= 1 and <= 100_000
        ? this
        : throw new ModelException($"gradients of {Elements} cannot be added as integers of {Bits} bits");
}
