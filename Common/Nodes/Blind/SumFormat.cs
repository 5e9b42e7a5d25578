using System.Numerics;
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
    private const int LeastSpare = 2;

    /// <summary>
    /// The fewest bits that keep what gradients of a type have. With many nodes a sum has less room for each, so that float32
    /// needs 64 bits as well.
    /// </summary>
    /// <param name="elements">Element type of the gradients.</param>
    /// <param name="nodes">Number of nodes.</param>
    public static int DefaultBits(ElementType elements, int nodes) => new SumFormat(elements, 32, nodes).KeepsDigits ? 32 : 64;

    /// <summary>Element type of the integers on the wire.</summary>
    public ElementType Integers => Bits == 64 ? ElementType.Int64 : ElementType.Int32;

    /// <summary>The largest absolute value of one node's integer: a sum of <see cref="Nodes"/> of them does not wrap.</summary>
    internal long Limit => (Bits == 64 ? long.MaxValue : int.MaxValue) / Math.Max(Nodes, 1);

    /// <summary>The last sum's largest value is to have so many bits. Between them and the limit there is headroom for a node's next gradient.</summary>
    internal int TargetBits => BitOperations.Log2((ulong)Limit) - (Bits == 32 ? 4 : Elements == ElementType.Float64 ? 6 : 20);

    /// <summary>
    /// The least bits of a tensor's largest sum, so that rounding stays below the bound on equality with centralized training:
    /// each node rounds by half a unit at most, and N roundings add up like √N.
    /// </summary>
    internal int LeastBits => (Elements == ElementType.Float64 ? 43 : 19) + ((BitOperations.Log2((uint)Math.Max(Nodes, 1)) + 1) / 2);

    /// <summary>The finest unit is 2 to the power of minus this: the smallest normal number of the type, with room for a factor.</summary>
    internal int FinestShift => Elements == ElementType.Float64 ? 960 : 120;

    private bool KeepsDigits => (Elements, Bits) is (ElementType.Float32, 32 or 64) or (ElementType.Float64, 64) && TargetBits - LeastBits >= LeastSpare;

    /// <summary>Rejects a combination that loses digits.</summary>
    /// <exception cref="ModelException">The combination is not supported.</exception>
    public SumFormat Validated() => KeepsDigits
        ? this
        : throw new ModelException($"gradients of {Nodes} nodes in {Elements} cannot be added as integers of {Bits} bits without losing digits; {(Bits == 32 ? "give --sum_bits 64" : "use fewer nodes")}");
}
