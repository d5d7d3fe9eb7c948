<?php
// Adminer, with its login form filled in from the environment, and without asking the vendor for newer versions.

namespace {
	/** Fills in the server of ADMINER_DEFAULT_SERVER and the one system that this image has a driver for. */
	final class LoginDefaults
	{
		public function loginFormField($name, $heading, $field)
		{
			$server = htmlspecialchars((string) getenv('ADMINER_DEFAULT_SERVER'), ENT_QUOTES);
			if ($name === 'server' && $server !== '') {
				return $heading . str_replace('name="auth[server]" value=""', "name=\"auth[server]\" value=\"$server\"", $field);
			}
			if ($name === 'driver' && !isset($_GET['username'])) {
				$nothing_selected = str_replace(' selected', '', $field);
				return $heading . str_replace('<option value="pgsql"', '<option value="pgsql" selected', $nothing_selected);
			}
			return null;
		}
	}

	function adminer_object()
	{
		require_once __DIR__ . '/plugins/version-noverify.php';
		return new \Adminer\Plugins([new LoginDefaults(), new \AdminerVersionNoverify()]);
	}

	require __DIR__ . '/adminer.php';
}
