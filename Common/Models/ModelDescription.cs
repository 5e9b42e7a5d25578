using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using TraversalLearning.Tensors;

namespace TraversalLearning.Models;

/// <summary>A model as data: an ordered list of named layers. It travels in <c>Welcome</c> as JSON.</summary>
/// <param name="Name">For people.</param>
/// <param name="InputShape">Shape of one sample, without the batch dimension.</param>
/// <param name="ClassCount">Size of the logits.</param>
/// <param name="Layers">In order of the forward pass.</param>
public sealed record ModelDescription(string Name, long[] InputShape, int ClassCount, LayerDescription[] Layers)
{
    internal const long MaxDimension = 1 << 24;
    private const int MaxLayers = 1024;
    private const long MaxElements = int.MaxValue / sizeof(double);

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowOutOfOrderMetadataProperties = true,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 16,
    };

    /// <summary>Number of trainable parameters.</summary>
    [JsonIgnore]
    public long ParameterCount => Layers.Sum(l => l.CountParameters());

    /// <summary>
    /// How many tokens there are, where the inputs are tokens (int64, from 0 to this, exclusive), which the first layer looks up;
    /// <see langword="null"/> where they are numbers.
    /// </summary>
    [JsonIgnore]
    public long? Vocabulary => Layers is [var first, ..] ? first.CountTokens() : null;

    /// <summary>Reads and validates a description.</summary>
    /// <exception cref="ModelException">It is malformed, has unknown keys, or its layers do not fit.</exception>
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
            throw new ModelException($"the model description is malformed: {e.Message}", e);
        }
    }

    /// <summary>The description as JSON, as <see cref="Parse"/> reads it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Checks every layer and gives the shape of one sample behind the first <paramref name="count"/> layers.</summary>
    /// <exception cref="ModelException">A layer does not fit; the message names it.</exception>
    public long[] ShapeBehind(int count)
    {
        if (Layers.Length is 0 or > MaxLayers)
        {
            throw new ModelException($"a model has from 1 to {MaxLayers} layers, this one {Layers.Length}");
        }

        if (InputShape.Length is 0 or > 4 || InputShape.Any(d => d is < 1 or > MaxDimension))
        {
            throw new ModelException("the input shape must have from 1 to 4 dimensions, each at least 1");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        long[] shape = InputShape;
        long[] behind = shape;
        long parameters = 0;
        for (int i = 0; i < Layers.Length; i++)
        {
            // JSON's null gets past the annotations of an array's elements.
            LayerDescription layer = Layers[i] ?? throw new ModelException($"layer {i + 1} is null");
            if (layer.Name.Length is 0 or > 64 || layer.Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '_') || !names.Add(layer.Name))
            {
                throw new ModelException($"layer {i + 1}: the name '{layer.Name}' is empty, too long, taken, or has more than letters, digits and '_'");
            }

            shape = layer.OutputShape(shape);
            parameters = checked(parameters + layer.CountParameters());
            if (parameters > MaxElements || shape.Aggregate(1L, (a, b) => checked(a * b)) > MaxElements)
            {
                throw new ModelException($"layer '{layer.Name}' makes the model too large");
            }

            behind = i + 1 == count ? shape : behind;
        }

        return shape is [var classes] && classes == ClassCount
            ? behind
            : throw new ModelException($"the last layer gives [{string.Join(", ", shape)}], not one logit for each of {ClassCount} classes");
    }

    /// <summary>How many layers stand on the node's side of a cut, given as that number or as the last layer's name.</summary>
    /// <exception cref="ModelException">There is no such cut.</exception>
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

    /// <summary>The layers that it can be cut behind, from the front: all that have parameters up to there.</summary>
    [JsonIgnore]
    public IEnumerable<int> Cuts => Enumerable.Range(1, Layers.Length).Where(IsCut);

    /// <summary>Bytes of one sample's activations behind a cut.</summary>
    public long RowBytesBehind(int cut, ElementType type) => ShapeBehind(cut).Aggregate((long)type.Size(), (a, b) => a * b);

    /// <summary>Elements that one sample has behind the first <paramref name="count"/> layers, all together.</summary>
    public long ActivationsBefore(int count)
    {
        long sum = 0;
        long[] shape = InputShape;
        foreach (LayerDescription layer in Layers.Take(count))
        {
            shape = layer.OutputShape(shape);
            sum += shape.Aggregate(1L, (a, b) => a * b);
        }

        return sum;
    }

    /// <summary>Number of trainable parameters of the first <paramref name="count"/> layers.</summary>
    public long ParametersBefore(int count) => Layers.Take(count).Sum(l => l.CountParameters());

    private bool IsCut(int index) => ParametersBefore(index) > 0;
}
