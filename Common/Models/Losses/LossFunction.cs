using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Losses;

/// <summary>Meaning of a model's outputs under a loss.</summary>
public enum OutputMeaning
{
    /// <summary>Logits of mutually exclusive classes; softmax gives their probabilities.</summary>
    Classes,

    /// <summary>Logits of independent yes-or-no decisions; the sigmoid gives their probabilities. A single output is the logit of class 1 of two.</summary>
    YesOrNo,

    /// <summary>Numbers, to be as close as possible to the labels.</summary>
    Numbers,
}

/// <summary>
/// A loss over rows, as data: sent in <c>Welcome</c> and stored in the model file as JSON. A row's loss depends on that row
/// only, and the loss of a batch of <c>B</c> rows is their sum over <c>B</c>, with or without weights, so that the nodes' sums
/// add up exactly to that of one process. The set of kinds is closed; a new one is a record and a line here.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(CrossEntropyLoss), "cross_entropy")]
[JsonDerivedType(typeof(BceWithLogitsLoss), "bce_with_logits")]
[JsonDerivedType(typeof(MseLoss), "mse")]
public abstract record LossFunction
{
    private static readonly Dictionary<string, Type> Kinds = typeof(LossFunction).GetCustomAttributes<JsonDerivedTypeAttribute>()
        .ToDictionary(a => (string)a.TypeDiscriminator!, a => a.DerivedType, StringComparer.Ordinal);

    /// <summary>Cross entropy with equal weights.</summary>
    public static LossFunction Default { get; } = new CrossEntropyLoss();

    /// <summary>The names of all kinds.</summary>
    public static IReadOnlyCollection<string> Names => Kinds.Keys;

    /// <summary>The name of the kind, as on the command line.</summary>
    [JsonIgnore]
    public string Name => Kinds.First(k => k.Value == GetType()).Key;

    /// <summary>Meaning of the model's outputs.</summary>
    [JsonIgnore]
    public abstract OutputMeaning Outputs { get; }

    /// <summary>Parses and validates the output of <see cref="ToJson"/>.</summary>
    /// <exception cref="ModelException">The JSON is malformed, or the kind is unknown to this version.</exception>
    public static LossFunction Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<LossFunction>(json, ModelDescription.Json) ?? throw new ModelException("the loss is null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new ModelException($"the loss is malformed, or this version does not have it: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>The settings that a kind accepts: the keys of its JSON.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static IReadOnlyList<string> SettingsOf(string name)
    {
        ModelDescription.Json.MakeReadOnly(populateMissingResolver: true);
        return [.. ModelDescription.Json.GetTypeInfo(Kinds[name]).Properties.Where(p => p.AssociatedParameter is not null).Select(p => p.Name)];
    }

    /// <summary>Creates a loss from the command line.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="settings">Settings by JSON key, which is also the flag's name.</param>
    /// <exception cref="ModelException">The kind does not accept one of the settings.</exception>
    public static LossFunction Create(string name, IReadOnlyDictionary<string, JsonNode> settings)
    {
        IReadOnlyList<string> taken = SettingsOf(name);
        if (settings.Keys.FirstOrDefault(k => !taken.Contains(k, StringComparer.Ordinal)) is { } strange)
        {
            throw new ModelException($"--{strange} does not go with --loss {name}");
        }

        return Parse(new JsonObject([new("type", name), .. settings.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value.DeepClone()))]).ToJsonString());
    }

    /// <summary>A setting's value if it differs from the default; <see langword="null"/> otherwise.</summary>
    /// <param name="key">The JSON key, which is also the flag's name.</param>
    public JsonNode? Setting(string key) => JsonNode.Parse(ToJson())![key];

    /// <summary>As JSON: <c>{"type":"mse"}</c>.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ModelDescription.Json);

    /// <summary>The sum of the loss over rows, with its graph.</summary>
    /// <param name="outputs">The model's outputs: <c>[m, C]</c>.</param>
    /// <param name="labels">
    /// Classes, <c>[m] int64</c>; for <see cref="OutputMeaning.Numbers"/> numbers, <c>[m, C]</c> of the type of
    /// <paramref name="outputs"/>.
    /// </param>
    /// <returns>A scalar.</returns>
    public abstract Tensor Sum(Tensor outputs, Tensor labels);

    /// <summary>Number of rows whose predicted class is the label; 0 for a loss without classes.</summary>
    public abstract int Hits(Tensor outputs, Tensor labels);

    /// <summary>Number of classes that labels may have; <see langword="null"/> for numeric labels.</summary>
    public virtual int? ClassesOf(ModelDescription model) => model.ClassCount;

    /// <summary>Why this loss is invalid for a model; <see langword="null"/> if it is valid.</summary>
    public abstract string? Misfit(ModelDescription model);
}
