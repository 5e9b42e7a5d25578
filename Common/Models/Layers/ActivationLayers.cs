using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Layers;

/// <summary><c>torch.nn.ReLU</c>.</summary>
public sealed record ReluLayer(string Name) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long[] OutputShape(long[] input) => input;

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(nn.ReLU());
}

/// <summary><c>torch.nn.GELU</c>, exact: <c>x·Φ(x)</c> with the normal distribution function, not its approximation by tanh.</summary>
public sealed record GeluLayer(string Name) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long[] OutputShape(long[] input) => input;

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(nn.GELU());
}

/// <summary><c>torch.nn.Tanh</c>.</summary>
public sealed record TanhLayer(string Name) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long[] OutputShape(long[] input) => input;

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(nn.Tanh());
}

/// <summary><c>torch.nn.Dropout</c>: in training mode each element is 0 with probability <paramref name="P"/>, else divided by <c>1 − p</c>.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="P">From 0 to 1, exclusive.</param>
public sealed record DropoutLayer(string Name, double P) : LayerDescription(Name)
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override LayerCoupling Coupling => P > 0 ? LayerCoupling.Random : LayerCoupling.None;

    /// <inheritdoc/>
    public override long[] OutputShape(long[] input) =>
        P is >= 0 and < 1 ? input : throw new ModelException($"layer '{Name}': p is {P}, not from 0 up to but without 1");

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(nn.Dropout(P));
}
