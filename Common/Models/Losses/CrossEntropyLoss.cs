using System.Globalization;
using System.Text.Json.Serialization;
using TorchSharp;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TraversalLearning.Models.Losses;

/// <summary>
/// <c>torch.nn.functional.cross_entropy(…, weight, label_smoothing, reduction="sum")</c>. The mean of a batch divides that by its rows. PyTorch's own
/// mean divides by the sum of the labels' weights, which no node knows of the others: with weights it is another number, by a factor for each batch.
/// </summary>
/// <param name="ClassWeights">How much the rows of each class weigh; <see langword="null"/> for the same.</param>
/// <param name="LabelSmoothing">The share of a label that goes to all classes alike, from 0 to 1.</param>
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
