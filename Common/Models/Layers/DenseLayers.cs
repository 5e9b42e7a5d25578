using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Layers;

/// <summary><c>torch.nn.Linear</c>: <c>[in] → [out]</c>. <c>Bias</c> defaults to true.</summary>
public sealed record LinearLayer(
    string Name, long In, long Out, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Bias = null) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long CountParameters() => checked((In * Out) + (Bias ?? true ? Out : 0));

    /// <inheritdoc/>
    public override long[] OutputShape(long[] input)
    {
        RequirePositive("in", In);
        RequirePositive("out", Out);
        return input is [var size] && size == In ? [Out] : throw Mismatch($"[{In}]", input);
    }

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(nn.Linear(In, Out, hasBias: Bias ?? true));
}

/// <summary><c>torch.nn.Flatten</c>: <c>[a, b, …] → [a·b·…]</c>.</summary>
public sealed record FlattenLayer(string Name) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long[] OutputShape(long[] input) => [Elements(input)];

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(nn.Flatten());
}

/// <summary>Swaps the two dimensions of a sample: <c>[a, b] → [b, a]</c>. Connects channels-last to channels-first layers.</summary>
public sealed record TransposeLayer(string Name) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long[] OutputShape(long[] input) => input is [var a, var b] ? [b, a] : throw Mismatch("two dimensions", input);

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => new(Module: null, static x => x.transpose(1, 2));
}
