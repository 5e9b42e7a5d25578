
namespace TraversalLearning.Data.Datasets;

/// <summary>Facts about a data set besides its samples.</summary>
/// <param name="Name">The set's name, or its directory's.</param>
/// <param name="Mean">Mean of the training pixels, scaled to 0 to 1: inputs are <c>(pixel / 255 - Mean) / Std</c>. Only images are scaled.</param>
/// <param name="Std">Standard deviation of the training pixels.</param>
/// <param name="ClassCount">Number of classes; null if unknown (see <see cref="SampleSet.ClassesSeen"/>).</param>
public sealed record DatasetInfo(string Name, double Mean, double Std, int? ClassCount);
