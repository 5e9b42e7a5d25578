using System.Text.Json.Serialization;

namespace TraversalLearning.Models.Layers;

/// <summary>One named layer of a model, as data. The set of kinds is closed: no type is ever made from a name off the wire.</summary>
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
    /// <summary>What its output for a row depends on beside that row and the parameters.</summary>
    [JsonIgnore]
    public virtual LayerCoupling Coupling => LayerCoupling.None;

    /// <summary>Whether in training mode it takes no batch of a single row: it would have one value a channel to normalise over.</summary>
    /// <param name="input">The shape of one sample in front of it.</param>
    public virtual bool NeedsTwoRows(long[] input) => false;

    /// <summary>Number of trainable parameters.</summary>
    public virtual long CountParameters() => 0;

    /// <summary>The shape of one sample behind this layer.</summary>
    /// <param name="input">The shape of one sample in front of it.</param>
    /// <exception cref="ModelException">The layer does not take that shape; the message names it.</exception>
    public abstract long[] OutputShape(long[] input);

    /// <summary>About how many elements of one sample it keeps for the backward pass: its output, and what it computes on the way.</summary>
    /// <param name="input">The shape of one sample in front of it.</param>
    public virtual long CountActivations(long[] input) => Elements(OutputShape(input));

    /// <summary>Makes the layer, with PyTorch's initial values from the global generator.</summary>
    /// <param name="input">The shape of one sample in front of it.</param>
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
