using System.Globalization;
using System.Text.Json.Serialization;

namespace TraversalLearning.Data;

/// <summary>Target size and normalisation of images, the same for all parties.</summary>
/// <param name="Height">Pixel rows.</param>
/// <param name="Width">Pixel columns.</param>
/// <param name="Channels">3 for red, green and blue, 1 for grey.</param>
/// <param name="Mean">Mean of the training pixels, scaled to 0 to 1: inputs are <c>(pixel / 255 − Mean) / Std</c>.</param>
/// <param name="Std">Standard deviation of the training pixels.</param>
public sealed record ImageSettings(int Height, int Width, int Channels, double Mean, double Std)
{
    private const int MaxSide = 4096;

    /// <summary>Dimensions of a sample.</summary>
    [JsonIgnore]
    public long[] Shape => [Channels, Height, Width];

    /// <summary>Whether the settings are valid.</summary>
    [JsonIgnore]
    public bool IsSound => Height is > 0 and <= MaxSide && Width is > 0 and <= MaxSide && Channels is 1 or 3 && double.IsFinite(Mean) && double.IsFinite(Std) && Std > 0;

    /// <summary>The settings as text for messages.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{SampleShape.Text(Shape)} with mean {Mean} and deviation {Std}");
}
