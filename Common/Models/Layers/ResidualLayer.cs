using System.Text.Json.Serialization;

namespace TraversalLearning.Models.Layers;

/// <summary>
/// A residual block (He et al. 2015): <c>body(x) + shortcut(x)</c>, optionally followed by ReLU. Parameters are named
/// <c>block.conv1.weight</c>, those of the body first.
/// </summary>
/// <param name="Name">The block's name.</param>
/// <param name="Body">The layers of the body, in order.</param>
/// <param name="Shortcut">The layers of the shortcut; the identity if omitted.</param>
/// <param name="Relu">Whether ReLU follows the sum.</param>
public sealed record ResidualLayer(
    string Name,
    LayerDescription[] Body,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LayerDescription[]? Shortcut = null,
    bool Relu = false) : LayerDescription(Name)
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override LayerCoupling Coupling =>
        Parts.Any(p => p.Coupling == LayerCoupling.Rows) ? LayerCoupling.Rows
        : Parts.Any(p => p.Coupling == LayerCoupling.Random) ? LayerCoupling.Random
        : LayerCoupling.None;

    /// <inheritdoc/>
    public override bool NeedsTwoRows(long[] input) =>
        LayerStack.FirstNeedingTwoRows(Body, input) is not null || (Shortcut is not null && LayerStack.FirstNeedingTwoRows(Shortcut, input) is not null);

    private IEnumerable<LayerDescription> Parts => Body.Concat(Shortcut ?? []);

    /// <inheritdoc/>
    public override long CountParameters() => Parts.Sum(p => p.CountParameters());

    /// <inheritdoc/>
    public override long[] OutputShape(long[] input)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        long[] body = LayerStack.OutputShape(Body, input, names, "the body", Name);
        long[] around = Shortcut is null ? input : LayerStack.OutputShape(Shortcut, input, names, "the shortcut", Name);
        return body.AsSpan().SequenceEqual(around)
            ? body
            : throw new ModelException(
                $"layer '{Name}' adds its body, which gives [{string.Join(", ", body)}], to its {(Shortcut is null ? "input" : "shortcut")},"
                + $" [{string.Join(", ", around)}]; both must have the same shape");
    }

    /// <inheritdoc/>
    public override long CountActivations(long[] input) => checked(
        LayerStack.CountActivations(Body, input)
        + (Shortcut is null ? 0 : LayerStack.CountActivations(Shortcut, input))
        + ((Relu ? 2 : 1) * Elements(OutputShape(input))));

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(new ResidualBlock(this, input));
}
