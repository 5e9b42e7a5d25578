using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using TraversalLearning.Tensors;

namespace TraversalLearning.Models.Layers;

/// <summary>A model as data: an ordered list of named layers. Sent in <c>Welcome</c> as JSON.</summary>
/// <param name="Name">A display name.</param>
/// <param name="InputShape">Shape of one sample, without the batch dimension.</param>
/// <param name="ClassCount">Size of the logits.</param>
/// <param name="Layers">In order of the forward pass.</param>
public sealed record ModelDescription(string Name, long[] InputShape, int ClassCount, LayerDescription[] Layers)
{
    internal const long MaxDimension = 1 << 24;
    internal const long MaxElements = int.MaxValue / sizeof(double);

    /// <summary>Maximum nesting depth of the JSON.</summary>
    internal const int MaxDepth = 16;

    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowOutOfOrderMetadataProperties = true,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = MaxDepth,
    };

    private static readonly JsonSerializerOptions Indented = new(Json) { WriteIndented = true };

    /// <summary>Number of trainable parameters.</summary>
    [JsonIgnore]
    public long ParameterCount => Layers.Sum(l => l.CountParameters());

    /// <summary>
    /// Vocabulary size of a model whose inputs are tokens (int64, from 0 to this, exclusive) and whose first layer is an embedding;
    /// <see langword="null"/> if the inputs are numbers of the parameters' type.
    /// </summary>
    [JsonIgnore]
    public long? Vocabulary => Layers is [EmbeddingLayer first, ..] ? first.Vocabulary : null;

    /// <summary>Parses and validates a description.</summary>
    /// <exception cref="ModelException">The JSON is malformed or has unknown keys, or the layers do not fit.</exception>
    public static ModelDescription Parse(string json)
    {
        try
        {
            ModelDescription model = JsonSerializer.Deserialize<ModelDescription>(json, Json) ?? throw new ModelException("the model description is null");
            model.ShapeBehind(model.Layers.Length);
            return model;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or OverflowException)
        {
            throw new ModelException($"the model description is malformed: {DescriptionErrors.Find(json) ?? e.Message}", e);
        }
    }

    /// <summary>The description as JSON that <see cref="Parse"/> accepts.</summary>
    /// <param name="indented">Whether to format it for people, one key per line.</param>
    public string ToJson(bool indented = false) => JsonSerializer.Serialize(this, indented ? Indented : Json);

    /// <summary>Checks every layer and returns the output shape of one sample after the first <paramref name="count"/> layers.</summary>
    /// <exception cref="ModelException">A layer does not fit; the message names it.</exception>
    public long[] ShapeBehind(int count)
    {
        if (InputShape.Length is 0 or > 4 || InputShape.Any(d => d is < 1 or > MaxDimension))
        {
            throw new ModelException($"the input shape must have from 1 to 4 dimensions, each from 1 to {MaxDimension}");
        }

        long[] shape = InputShape;
        long[] behind = shape;
        long parameters = 0;
        int checkedLayers = 0;
        foreach (long[] output in LayerStack.Shapes(Layers, InputShape))
        {
            LayerDescription layer = Layers[checkedLayers++];
            shape = output;
            parameters = checked(parameters + layer.CountParameters());
            if (parameters > MaxElements)
            {
                throw new ModelException($"layer '{layer.Name}' makes the model too large");
            }

            behind = checkedLayers == count ? shape : behind;
        }

        return shape is [var classes] && classes == ClassCount
            ? behind
            : throw new ModelException($"the last layer gives [{string.Join(", ", shape)}], not one logit for each of {ClassCount} classes");
    }

    /// <summary>Number of layers on the node's side of a cut, given as that number or as the last layer's name.</summary>
    /// <exception cref="ModelException">The cut does not exist.</exception>
    public int ParseCut(string cut)
    {
        int index = Array.FindIndex(Layers, l => string.Equals(l.Name, cut, StringComparison.Ordinal)) + 1;
        if (index == 0 && int.TryParse(cut, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            index = number;
        }

        if (index < 1 || index > Layers.Length)
        {
            throw new ModelException(
                $"there is no layer '{cut}' to cut after; use 1 to {Layers.Length} or one of {string.Join(", ", Layers.Select(l => l.Name))}");
        }

        return IsCut(index)
            ? index
            : throw new ModelException($"the layers up to '{cut}' have no parameters: the activations would be the inputs themselves; cut later");
    }

    /// <summary>The valid cuts, as numbers of layers of <c>f_N</c>: those with parameters before the cut.</summary>
    [JsonIgnore]
    public IEnumerable<int> Cuts => Enumerable.Range(1, Layers.Length).Where(IsCut);

    /// <summary>Bytes of one sample's activations at a cut.</summary>
    public long RowBytesBehind(int cut, ElementType type) => ShapeBehind(cut).Aggregate((long)type.Size(), (a, b) => a * b);

    /// <summary>Approximate number of elements that the first <paramref name="count"/> layers keep per sample for the backward pass.</summary>
    public long ActivationsBefore(int count) => LayerStack.CountActivations(Layers[..count], InputShape);

    /// <summary>The first layer in a range that rejects a batch of a single row in training; <see langword="null"/> if there is none.</summary>
    public LayerDescription? FirstNeedingTwoRows(Range layers) =>
        LayerStack.FirstNeedingTwoRows(Layers[layers], layers.Start.GetOffset(Layers.Length) is > 0 and var first ? ShapeBehind(first) : InputShape);

    /// <summary>Number of trainable parameters of the first <paramref name="count"/> layers.</summary>
    public long ParametersBefore(int count) => Layers.Take(count).Sum(l => l.CountParameters());

    private bool IsCut(int index) => ParametersBefore(index) > 0;
}
