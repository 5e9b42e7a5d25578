using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using TraversalLearning.Data;
using TraversalLearning.Models.Layers;

namespace TraversalLearning.Models;

/// <summary>
/// How images are changed before each time that they are trained on: cut out of a padded one at random, as <c>RandomCrop(size, padding)</c> does, then
/// mirrored at random, as <c>RandomHorizontalFlip()</c>. What befalls an image depends on seed, epoch, node and its place there alone: whoever computes a
/// visit again, or the same batch in one process, has the same images. It travels in <c>Welcome</c> as JSON.
/// </summary>
/// <param name="Crop">Pixels of padding on each side, so that an image moves by up to so many; 0 for none.</param>
/// <param name="Flip">Whether every other image is mirrored, left to right.</param>
/// <param name="Seed">Of all of it, not below 0.</param>
public sealed record Augmentation(int Crop, bool Flip, long Seed)
{
    private const int MaxCrop = 255;

    // "augment": keeps this use of the run's seed apart from every epoch's.
    private const ulong Stream = 0x6175676d656e74;

    /// <summary>Images as they are.</summary>
    public static Augmentation None { get; } = new(Crop: 0, Flip: false, Seed: 0);

    /// <summary>Whether images stay as they are.</summary>
    [JsonIgnore]
    public bool IsNone => Crop == 0 && !Flip;

    /// <summary>Reads what a command line says: <c>none</c>, <c>flip</c>, <c>crop:4</c>, <c>crop:4,flip</c>. The seed is 0.</summary>
    /// <exception cref="FormatException">It is none of these; the message is what would be one.</exception>
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

    /// <summary>Reads and validates what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="ModelException">It is malformed.</exception>
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

    /// <summary>The same, seeded by a run's seed, which it does not tell.</summary>
    public Augmentation OfRun(ulong seed) => this with { Seed = (long)(SeededRandom.ForStream(seed, Stream).NextUInt64() >> 1) };

    /// <summary>Why a model's inputs are not such images; <see langword="null"/> if they are, or stay as they are.</summary>
    public string? Misfit(ModelDescription model) => IsNone || model is { InputShape: [_, _, _], Vocabulary: null }
        ? null
        : $"--augment {this} is for images [channels, height, width], and the model '{model.Name}' takes [{string.Join(", ", model.InputShape)}]";

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() =>
        IsNone ? "none" : string.Join(',', new[] { Crop > 0 ? $"crop:{Crop}" : string.Empty, Flip ? "flip" : string.Empty }.Where(w => w.Length > 0));
}
