using System.Globalization;
using System.Text.Json.Serialization;
using TorchSharp;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TraversalLearning.Models.Losses;

/// <summary>
/// <c>torch.nn.functional.cross_entropy(…, weight, label_smoothing, reduction="sum")</c>. A batch's mean divides that by its
/// number of rows. PyTorch's mean divides by the sum of the labels' weights, which a node cannot know for other nodes: with
/// weights, the two differ by a factor per batch.
/// </summary>
/// <param name="ClassWeights">Weight of each class's rows; <see langword="null"/> for equal weights.</param>
/// <param name="LabelSmoothing">Share of a label that is spread evenly over all classes, from 0 to 1.</param>
public sealed record CrossEntropyLoss(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double[]? ClassWeights = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] double LabelSmoothing = 0) : LossFunction
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override OutputMeaning Outputs => OutputMeaning.Classes;

    /// <inheritdoc/>
    public override Tensor Sum(Tensor outputs, Tensor labels) => F.cross_entropy(
        outputs, labels, ClassWeighting.Of(ClassWeights, outputs), reduction: nn.Reduction.Sum, label_smoothing: LabelSmoothing);

    /// <inheritdoc/>
    public override int Hits(Tensor outputs, Tensor labels) => outputs.argmax(1).eq(labels).sum().ToInt32();

    /// <inheritdoc/>
    public override string? Misfit(ModelDescription model) => LabelSmoothing is >= 0 and <= 1
        ? ClassWeighting.Misfit(ClassWeights, model.ClassCount)
        : string.Create(CultureInfo.InvariantCulture, $"the label smoothing is {LabelSmoothing}, not from 0 to 1");
}
