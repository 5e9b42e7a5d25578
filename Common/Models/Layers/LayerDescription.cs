using System.Text.Json.Serialization;

namespace TraversalLearning.Models.Layers;

/// <summary>One named layer of a model, as data. The set of kinds is closed: no type is ever created from a name off the wire.</summary>
/// <param name="Name">PyTorch's name of the submodule, e.g. <c>fc1</c>; parameters are named <c>fc1.weight</c>.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(LinearLayer), "linear")]
[JsonDerivedType(typeof(Conv1dLayer), "conv1d")]
[JsonDerivedType(typeof(Conv2dLayer), "conv2d")]
[JsonDerivedType(typeof(BatchNormLayer), "batch_norm")]
[JsonDerivedType(typeof(GroupNormLayer), "group_norm")]
[JsonDerivedType(typeof(LayerNormLayer), "layer_norm")]
[JsonDerivedType(typeof(ReluLayer), "relu")]
[JsonDerivedType(typeof(GeluLayer), "gelu")]
[JsonDerivedType(typeof(TanhLayer), "tanh")]
[JsonDerivedType(typeof(DropoutLayer), "dropout")]
[JsonDerivedType(typeof(MaxPool1dLayer), "max_pool1d")]
[JsonDerivedType(typeof(MaxPool2dLayer), "max_pool2d")]
[JsonDerivedType(typeof(AvgPool2dLayer), "avg_pool2d")]
[JsonDerivedType(typeof(AdaptiveAvgPool2dLayer), "adaptive_avg_pool2d")]
[JsonDerivedType(typeof(GlobalMeanLayer), "global_mean")]
[JsonDerivedType(typeof(FlattenLayer), "flatten")]
[JsonDerivedType(typeof(TransposeLayer), "transpose")]
[JsonDerivedType(typeof(EmbeddingLayer), "embedding")]
[JsonDerivedType(typeof(LstmLayer), "lstm")]
[JsonDerivedType(typeof(ResidualLayer), "residual")]
public abstract record LayerDescription([property: JsonPropertyOrder(-1)] string Name)
{
    /// <summary>What the output for a row depends on besides that row and the parameters.</summary>
    [JsonIgnore]
    public virtual LayerCoupling Coupling => LayerCoupling.None;

    /// <summary>Whether training mode rejects a batch of a single row, because normalisation would have one value per channel.</summary>
    /// <param name="input">The shape of one input sample.</param>
    public virtual bool NeedsTwoRows(long[] input) => false;

    /// <summary>Number of trainable parameters.</summary>
    public virtual long CountParameters() => 0;

    /// <summary>The shape of one output sample.</summary>
    /// <param name="input">The shape of one input sample.</param>
    /// <exception cref="ModelException">The layer does not accept that shape; the message names the layer.</exception>
    public abstract long[] OutputShape(long[] input);

    /// <summary>Approximate number of elements kept per sample for the backward pass: output and intermediate results.</summary>
    /// <param name="input">The shape of one input sample.</param>
    public virtual long CountActivations(long[] input) => Elements(OutputShape(input));

    /// <summary>Builds the layer with PyTorch's initialisation from the global generator.</summary>
    /// <param name="input">The shape of one input sample.</param>
    internal abstract BuiltLayer Build(long[] input);

    private protected static long Elements(long[] shape) => shape.Aggregate(1L, (a, b) => checked(a * b));

    private protected ModelException Mismatch(string expected, long[] input) =>
        new($"layer '{Name}' takes {expected}, but gets [{string.Join(", ", input)}]");

    private protected void RequirePositive(string what, long value)
    {
        if (value is < 1 or > ModelDescription.MaxDimension)
        {
            throw new ModelException($"layer '{Name}': {what} is {value}, not from 1 to {ModelDescription.MaxDimension}");
        }
    }
}
