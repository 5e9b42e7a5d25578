using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using TraversalLearning.Data;
using TraversalLearning.Models.Layers;

namespace TraversalLearning.Models;

/// <summary>
/// Random augmentation of images for each time that they are trained on: a crop of the padded image, as
/// <c>RandomCrop(size, padding)</c> does, then a mirroring, as <c>RandomHorizontalFlip()</c>. The change depends only on seed,
/// epoch, node and the image's index there, so recomputing a visit, or the same batch in one process, gives the same images.
/// Sent in <c>Welcome</c> as JSON.
/// </summary>
/// <param name="Crop">Pixels of padding on each side, the largest shift of an image; 0 for none.</param>
/// <param name="Flip">Whether images are mirrored left to right with probability ½.</param>
/// <param name="Seed">Seed of all draws, not negative.</param>
public sealed record Augmentation(int Crop, bool Flip, long Seed)
{
    private const int MaxCrop = 255;

    // "augment": separates these draws from the run's other uses of its seed.
    private const ulong Stream = 0x6175676d656e74;

    /// <summary>No augmentation.</summary>
    public static Augmentation None { get; } = new(Crop: 0, Flip: false, Seed: 0);

    /// <summary>Whether images stay unchanged.</summary>
    [JsonIgnore]
    public bool IsNone => Crop == 0 && !Flip;

    /// <summary>Parses command-line text: <c>none</c>, <c>flip</c>, <c>crop:4</c>, <c>crop:4,flip</c>. The seed is 0.</summary>
    /// <exception cref="FormatException">Not a valid value; the message lists the accepted forms.</exception>
    public static Augmentation Parse(string text)
    {
        Augmentation augmentation = None;
        foreach (string word in text.Split(','))
        {
            augmentation = word.Split(':') switch
            {
                ["none"] when text == word => None,
                ["flip"] when !augmentation.Flip => augmentation with { Flip = true },
                ["crop", var pixels] when augmentation.Crop == 0
                    && int.TryParse(pixels, NumberStyles.None, CultureInfo.InvariantCulture, out int crop)
                    && crop is >= 1 and <= MaxCrop => augmentation with { Crop = crop },
                _ => throw new FormatException($"none, flip, crop:n or crop:n,flip with n from 1 to {MaxCrop}"),
            };
        }

        return augmentation;
    }

    /// <summary>Parses and validates the output of <see cref="ToJson"/>.</summary>
    /// <exception cref="ModelException">The JSON is malformed.</exception>
    public static Augmentation FromJson(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<Augmentation>(json, ModelDescription.Json) is { Crop: >= 0 and <= MaxCrop, Seed: >= 0 } augmentation
                ? augmentation
                : throw new ModelException("the augmentation makes no sense");
        }
        catch (JsonException e)
        {
            throw new ModelException($"the augmentation is malformed: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>As JSON: <c>{"crop":4,"flip":true,"seed":17}</c>.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ModelDescription.Json);

    /// <summary>A copy with a seed derived from the run's, which it does not reveal.</summary>
    public Augmentation OfRun(ulong seed) => this with { Seed = (long)(SeededRandom.ForStream(seed, Stream).NextUInt64() >> 1) };

    /// <summary>Why a model's inputs cannot be augmented; <see langword="null"/> if they can, or need not be.</summary>
    public string? Misfit(ModelDescription model) => IsNone || model is { InputShape: [_, _, _], Vocabulary: null }
        ? null
        : $"--augment {this} is for images [channels, height, width], and the model '{model.Name}' takes [{string.Join(", ", model.InputShape)}]";

    /// <summary>The text that <see cref="Parse"/> accepts.</summary>
    public override string ToString() =>
        IsNone ? "none" : string.Join(',', new[] { Crop > 0 ? $"crop:{Crop}" : string.Empty, Flip ? "flip" : string.Empty }.Where(w => w.Length > 0));
}
