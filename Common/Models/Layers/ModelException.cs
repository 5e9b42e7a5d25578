namespace TraversalLearning.Models.Layers;

/// <summary>A model description, or a cut of it, that cannot be built; the message names the layer.</summary>
public sealed class ModelException(string message, Exception? inner = null) : Exception(message, inner);
