namespace TraversalLearning.Data;

#pragma warning disable RCS1194 // The standard constructors would allow one that says nothing.
/// <summary>What is said of tables, statistics or a preparation, cannot be used, or not for these rows. The message is meant for the user.</summary>
public sealed class TableException(string message, Exception? inner = null) : Exception(message, inner);
